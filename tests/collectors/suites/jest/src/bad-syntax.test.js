test("never collected", () => {
