class PriceError extends Error {}

function totalOf(items) {
  return items.reduce((sum, item) => sum + item.price.amount, 0);
}

function checkedTotalOf(items) {
  try {
    return totalOf(items);
  } catch (error) {
    throw new PriceError("an item has no price", { cause: error });
  }
}

module.exports = { PriceError, checkedTotalOf, totalOf };
