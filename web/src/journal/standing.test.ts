import { expect, it } from "vitest";
import { standing } from "./standing";

const well = { callouts_failed: 0, faults: 0 };

it.each([
  [{ ...well, state: "ringing" }, "ringing", "good"],
  [{ ...well, state: "in-progress", callouts_failed: 1 }, "in-progress", "good"],
  [{ ...well, state: "completed", cause: { value: 16 } }, "completed", "plain"],
  [{ ...well, state: "completed", cause: { value: 102 } }, "completed", "warn"],
  [{ ...well, state: "unanswered", cause: { value: 16 } }, "unanswered", "warn"],
  [{ ...well, state: "completed", callouts_failed: 1 }, "completed, 1 callout failed", "bad"],
  [{ ...well, state: "completed", callouts_failed: 2, faults: 2 }, "completed, 2 faults", "bad"],
])("%o is %s", (call, text, tone) => expect(standing(call)).toEqual({ text, tone }));
