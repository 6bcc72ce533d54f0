const { test } = require("@playwright/test");

test("prepares", async () => {
  throw new Error("no database");
});
