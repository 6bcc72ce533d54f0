import { expect, test } from "vitest";

let good = 0;
let bad = 0;

test("passes when run again", { retry: 2 }, () => {
  good += 1;
  expect(good).toBe(2);
});

test("fails also when run again", { retry: 1 }, () => {
  bad += 1;
  throw new Error(`attempt ${bad}`);
});
