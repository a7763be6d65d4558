DROP TABLE place_wishes;
DROP TABLE quotes;
DROP TABLE delivery_windows;
DROP TABLE window_templates;
DROP TABLE place_names;
DROP TABLE places;
DROP TABLE zones;
