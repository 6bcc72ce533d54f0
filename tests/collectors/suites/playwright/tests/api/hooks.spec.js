const { test } = require("@playwright/test");

test.describe("before each fails", () => {
  test.beforeEach(async () => {
    throw new Error("set-up failed");
  });
  test("one", async () => {});
});

test.describe("before all fails", () => {
  test.beforeAll(async () => {
    throw new Error("set-up of all failed");
  });
  test("one", async () => {});
  test("two", async () => {});
});

test.describe("after each fails", () => {
  test.afterEach(async () => {
    throw new Error("clean-up failed");
  });
  test("fails before", async () => {
    throw new Error("and the test, too");
  });
});

test.describe("after all fails", () => {
  test.afterAll(async () => {
    throw new Error("clean-up of all failed");
  });
  test("passes before", async () => {});
});

test.describe("in series", () => {
  test.describe.configure({ mode: "serial", retries: 1 });
  test("fails", async () => {
    throw new Error("the first of the series");
  });
  test("never runs", async () => {});
});
