//! The audio encodings we speak (RFC 3551 section 4.5, G.711), each one file, and the table that names them.
//!
//! A codec here is a value, not an object: G.711 has no state, and a leg may switch between packets.

mod pcma;
mod pcmu;

/// Samples a second of every codec spoken here, and the clock rate of its RTP timestamps.
pub const SAMPLE_RATE: u32 = 8_000;

/// Samples in one packet that we send: 20 ms (RFC 3551 section 4.2, the default packetisation).
pub const FRAME_SAMPLES: usize = 160;

/// An audio encoding: one byte a sample, 8 kHz, mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl Codec {
    /// Every codec, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// The encoding name of its `a=rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// Its static payload type (RFC 3551 table 4).
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The codec of a static payload type.
    pub fn of_payload_type(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.payload_type() == payload_type)
    }

    /// The codec of an `a=rtpmap` encoding name (any case).
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The byte that decodes to silence.
    pub fn silence(self) -> u8 {
        match self {
            Self::Pcma => 0xD5,
            Self::Pcmu => 0xFF,
        }
    }

    /// Encodes as many samples as fit into `out`; returns how many.
    pub fn encode(self, samples: &[i16], out: &mut [u8]) -> usize {
        let count = samples.len().min(out.len());
        match self {
            Self::Pcma => pcma::encode(&samples[..count], &mut out[..count]),
            Self::Pcmu => pcmu::encode(&samples[..count], &mut out[..count]),
        }
        count
    }

    /// Decodes as many bytes as fit into `out`; returns how many.
    pub fn decode(self, bytes: &[u8], out: &mut [i16]) -> usize {
        let count = bytes.len().min(out.len());
        match self {
            Self::Pcma => pcma::decode(&bytes[..count], &mut out[..count]),
            Self::Pcmu => pcmu::decode(&bytes[..count], &mut out[..count]),
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_payload_types_lead_back() {
        for codec in Codec::ALL {
            assert_eq!(Codec::of_name(&codec.name().to_lowercase()), Some(codec));
            assert_eq!(Codec::of_payload_type(codec.payload_type()), Some(codec));
        }
        assert_eq!(Codec::of_name("G729"), None);
        assert_eq!(Codec::of_payload_type(18), None);
    }

    #[test]
    fn known_values_of_g711() {
        // (codec, code, linear): ends of the scale, silence and a value in the middle (G.711 tables 1 and 2).
        let table = [
            (Codec::Pcmu, 0xFF, 0),
            (Codec::Pcmu, 0x80, 32_124),
            (Codec::Pcmu, 0x00, -32_124),
            (Codec::Pcmu, 0xDB, 524),
            (Codec::Pcma, 0xD5, 8),
            (Codec::Pcma, 0x55, -8),
            (Codec::Pcma, 0xAA, 32_256),
            (Codec::Pcma, 0x2A, -32_256),
        ];
        for (codec, code, linear) in table {
            let mut sample = [0i16];
            assert_eq!(codec.decode(&[code], &mut sample), 1);
            assert_eq!(sample[0], linear, "{codec:?} {code:#04x}");
        }
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for codec in Codec::ALL {
            for code in 0..=255u8 {
                let (mut sample, mut back, mut again) = ([0i16], [0u8], [0i16]);
                codec.decode(&[code], &mut sample);
                codec.encode(&sample, &mut back);
                codec.decode(&back, &mut again);
                // The smallest negative step of A-law is encoded as the smallest positive one: 16 of 32,768.
                let same = sample == again || (sample, again) == ([-8], [8]);
                assert!(same, "{codec:?} {code:#04x}: {sample:?} {again:?}");
            }
        }
    }

    #[test]
    fn error_stays_below_the_step_of_the_segment() {
        for codec in Codec::ALL {
            for sample in (-32_000i16..32_000).step_by(7) {
                let (mut code, mut back) = ([0u8], [0i16]);
                codec.encode(&[sample], &mut code);
                codec.decode(&code, &mut back);
                let error = (i32::from(sample) - i32::from(back[0])).abs();
                assert!(error <= 16 + i32::from(sample).abs() / 16, "{codec:?} {sample} -> {}", back[0]);
            }
        }
    }

    #[test]
    fn silence_is_silent_and_short_buffers_are_filled() {
        for codec in Codec::ALL {
            let mut out = [1i16; 2];
            assert_eq!(codec.decode(&[codec.silence(); 5], &mut out), 2);
            assert!(out.iter().all(|sample| sample.abs() <= 8));
            assert_eq!(codec.encode(&[0; 5], &mut [0; 3]), 3);
        }
    }
}
