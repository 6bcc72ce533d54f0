"""The page on which a person confirms, where their host cannot ask them."""
