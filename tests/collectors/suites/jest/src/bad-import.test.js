require("./not-there");

test("never collected", () => {});
