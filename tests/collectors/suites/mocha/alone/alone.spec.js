it("failing", () => {
  throw new Error("no message without a second reporter");
});
