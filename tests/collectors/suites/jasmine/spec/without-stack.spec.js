it("time-out", async () => {
  await new Promise(() => {});
}, 50);

it("thrown text", () => {
  throw "only a text";
});

it("thrown object", () => {
  throw { code: 42 };
});
