const { test } = require("@playwright/test");

const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("fails and halts the run", async () => {
  await after(2000);
  throw new Error("the one failure that is allowed");
});

test("fails, then is interrupted", async ({}, testInfo) => {
  test.setTimeout(60_000);
  if (testInfo.retry === 0) throw new Error("first attempt");
  await after(50_000);
});

test("is interrupted", async () => {
  test.setTimeout(60_000);
  await after(50_000);
});

test("never runs", async () => {});
