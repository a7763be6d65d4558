-- The list of the stock goes along the shelves, page by page.
CREATE INDEX stock_by_shelf ON stock (shelf, product_id);
