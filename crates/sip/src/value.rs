//! What all header values and URIs share: they are scanned from bytes and written as bytes.

use bytes::Bytes;

use crate::scan::{Scanner, Syntax};

/// Read from the place where the scanner stands.
pub(crate) trait Scan: Sized {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax>;

    /// The whole value.
    fn whole(value: &Bytes) -> Result<Self, Syntax> {
        let mut scanner = Scanner::new(value);
        scanner.space();
        let found = Self::scan(&mut scanner)?;
        scanner.end()?;
        Ok(found)
    }
}

/// Written as it goes on the wire.
pub(crate) trait Encode {
    fn encode(&self, out: &mut Vec<u8>);
}

/// Gives types that scan and encode their public face: `parse`, `to_bytes`, `Display`, `Bytes::from`.
macro_rules! values {
    ($($kind:ty),* $(,)?) => {$(
        impl $kind {
            /// Reads the whole value.
            ///
            /// # Errors
            /// What was expected where the value went wrong.
            pub fn parse(value: &bytes::Bytes) -> Result<Self, crate::Syntax> {
                <Self as crate::value::Scan>::whole(value)
            }

            /// The value as it goes on the wire.
            pub fn to_bytes(&self) -> bytes::Bytes {
                let mut out = Vec::with_capacity(64);
                crate::value::Encode::encode(self, &mut out);
                out.into()
            }
        }

        /// The wire's text; bytes that are not UTF-8 are replaced.
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
            }
        }

        impl From<&$kind> for bytes::Bytes {
            fn from(value: &$kind) -> Self {
                value.to_bytes()
            }
        }

        impl From<$kind> for bytes::Bytes {
            fn from(value: $kind) -> Self {
                value.to_bytes()
            }
        }
    )*};
}
pub(crate) use values;

/// Seconds, sequence numbers, counts: 32 bits, decimal.
impl Scan for u32 {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        scanner.number()
    }
}

/// A token: an option tag, an event package.
impl Scan for Bytes {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        scanner.token()
    }
}

/// Writes a number in decimal.
pub(crate) fn decimal(number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
