DROP TABLE town_troubles;
DROP TABLE town_parts;
