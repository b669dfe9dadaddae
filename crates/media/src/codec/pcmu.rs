//! G.711 µ-law: 14-bit samples as one byte (ITU-T G.711). The tables are `audio-codec`'s, bit-exact on all inputs.

use audio_codec::{Decoder, Encoder, pcmu::PcmuDecoder, pcmu::PcmuEncoder};

/// Encodes; the slices are of one length.
pub(super) fn encode(samples: &[i16], out: &mut [u8]) {
    PcmuEncoder::new().encode_into(samples, out).expect("the slices are of one length");
}

/// Decodes; the slices are of one length.
pub(super) fn decode(bytes: &[u8], out: &mut [i16]) {
    PcmuDecoder::new().decode_into(bytes, out).expect("the slices are of one length");
}
