const { expect, test } = require("@playwright/test");

const { checkedTotalOf, totalOf } = require("../cart");

const tea = { price: { amount: 1 } };

test("passes", { tag: ["@team:checkout", "@smoke"] }, async () => {
  console.log("a line of output");
  expect(totalOf([tea])).toBe(1);
});

test.describe("failing", () => {
  test("assertion", { annotation: { type: "owner", description: "team tea" } }, async () => {
    expect(totalOf([tea, tea])).toBe(3);
  });

  test("assertion on structures", async () => {
    expect({ name: "tea", price: 3 }).toEqual({ name: "tea", price: 4 });
  });

  test("assertion with a message", async () => {
    expect(1, "the cart should be empty").toBe(0);
  });

  test("assertion that polls", async () => {
    await expect.poll(() => 1).toBe(2);
  });

  test("two soft assertions", async () => {
    expect.soft(1).toBe(2);
    expect.soft("a").toBe("b");
  });

  test("nested cause", async () => {
    await test.step("add up", async () => {
      checkedTotalOf([{}]);
    });
  });

  test("plain exception", async () => {
    totalOf([{}]);
  });

  test("time-out", async () => {
    test.setTimeout(200);
    await test.step("wait for ever", () => new Promise(() => {}));
  });

  test("thrown text", async () => {
    throw "only a text";
  });

  test("thrown object", async () => {
    throw { code: 42 };
  });

  test("error without a message", async () => {
    throw new Error();
  });

  test("long message", async () => {
    throw new Error("begin " + "0123456789 ".repeat(200) + "end");
  });

  test("message of two lines", async () => {
    throw new Error("first line\nsecond line");
  });

  test("unicode: Müsli 🥣", async () => {
    expect("Müsli – 12 €").toBe("Müsli – 13 € 🥣");
  });

  test("expected to fail but passes", async () => {
    test.fail();
  });
});

test("expected to fail and fails", async () => {
  test.fail();
  throw new Error("known");
});

test.fail("declared to fail but passes", async () => {});

test("tagged in its title @slow", async () => {});

test.skip("skipped", async () => {});

test("skips itself", async () => {
  test.skip(true, "no printer");
});

test.fixme("to be mended", async () => {});

test.describe("retried", () => {
  test.describe.configure({ retries: 1 });

  test("passes when run again", async ({}, testInfo) => {
    expect(testInfo.retry).toBe(1);
  });

  test("fails otherwise when run again", async ({}, testInfo) => {
    if (testInfo.retry === 0) throw new Error("first attempt");
    test.setTimeout(100);
    await new Promise(() => {});
  });

  test("expected to fail but passes, twice", async () => {
    test.fail();
  });
});
