require("./not-there");

it("never collected", () => {});
