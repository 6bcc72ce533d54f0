const { test } = require("@playwright/test");

test("needs what was prepared", async () => {});
