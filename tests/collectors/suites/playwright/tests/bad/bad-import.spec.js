const { test } = require("@playwright/test");

require("./not-there");

test("never collected", async () => {});
