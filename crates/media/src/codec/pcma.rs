//! G.711 A-law: 13-bit samples as one byte (ITU-T G.711). The tables are `audio-codec`'s, bit-exact on all inputs.

use audio_codec::{Decoder, Encoder, pcma::PcmaDecoder, pcma::PcmaEncoder};

/// Encodes; the slices are of one length.
pub(super) fn encode(samples: &[i16], out: &mut [u8]) {
    PcmaEncoder::new().encode_into(samples, out).expect("the slices are of one length");
}

/// Decodes; the slices are of one length.
pub(super) fn decode(bytes: &[u8], out: &mut [i16]) {
    PcmaDecoder::new().decode_into(bytes, out).expect("the slices are of one length");
}
