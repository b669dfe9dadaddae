/** Causes of ITU-T Q.850 that calls of ours end by, in words. */
const CAUSES: Record<number, string> = {
  1: "the number does not exist",
  3: "there is no route to it",
  16: "a normal end",
  17: "busy",
  18: "it does not answer",
  19: "nobody answered",
  20: "it is not registered",
  21: "refused",
  22: "the number has changed",
  27: "it is out of order",
  28: "the number is incomplete",
  31: "an end without a reason",
  34: "no line is free",
  38: "its network is out of order",
  41: "a temporary failure",
  42: "too much traffic",
  47: "no resources",
  58: "no codec in common",
  63: "the service is not available",
  88: "not compatible",
  102: "it fell silent",
  111: "a protocol error",
  127: "an error of the network",
};

const REMEDIES: Record<number, string> = {
  1: "Check the number.",
  3: "See that a trunk takes that number.",
  20: "See under Numbers, people whether its phone is registered.",
  58: "See which codecs both sides offer: the SIP ladder has it.",
};

/** A cause in words, with its number. */
export function cause(value: number): string {
  const words = CAUSES[value];
  return words ? `${words} (cause ${value})` : `cause ${value}`;
}

/** What to look at where somebody was not reached for that cause; empty if it is theirs alone. */
export function remedy(value: number): string {
  return REMEDIES[value] ?? "";
}
