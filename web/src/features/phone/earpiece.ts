import { type Codec, decode } from "./g711";

/** Samples a second of G.711. */
const RATE = 8_000;

/** Seconds that the first packet waits, so that late ones leave no gap. */
const LEAD = 0.08;

/** Seconds of sound that may wait; what would come later is not heard. */
const MOST = 1;

/** Plays packets one after the other. */
export class Earpiece {
  readonly #context = new AudioContext();
  #until = 0;

  hear(codec: Codec, octets: Uint8Array) {
    const now = this.#context.currentTime;
    if (octets.length === 0 || this.#until > now + MOST) return;
    const buffer = this.#context.createBuffer(1, octets.length, RATE);
    buffer.copyToChannel(decode(codec, octets), 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    const at = this.#until < now ? now + LEAD : this.#until;
    source.start(at);
    this.#until = at + buffer.duration;
  }

  close() {
    void this.#context.close();
  }
}
