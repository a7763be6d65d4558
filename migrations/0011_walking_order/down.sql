DROP INDEX stock_by_shelf;
