import { expect, it } from "vitest";
import { band } from "./band";

const told = (...names: string[]) => names.map((sid) => ({ sid }));
const shown = (places: ReturnType<typeof band<{ sid: string }>>) =>
  places.map(({ call, over }) => (over ? `(${call.sid})` : call.sid)).join(" ");

it("no call that runs moves", () => {
  let now = band([], told("b", "a"));
  expect(shown(now)).toBe("a b");
  now = band(now, told("c", "b", "a"));
  expect(shown(now)).toBe("a b c");
  now = band(now, told("c", "a"));
  expect(shown(now)).toBe("a (b) c");
  now = band(now, told("e", "d", "c", "a"));
  expect(shown(now)).toBe("a d c e");
  expect(shown(band(now, []))).toBe("(a) (d) (c) (e)");
});
