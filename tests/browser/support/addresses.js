// Where the pages are that the tests go to, in the demo data.

export const HOME = "/";
export const DEPARTMENT = "/d/dairy-eggs";
export const PRODUCT = "/p/whole-milk-de-mil-001";
export const WEIGHED = "/p/mature-cheddar-de-che-001";
export const SOLD_OUT = "/p/organic-brie-de-che-003";
export const FEW_LEFT = { address: "/p/clotted-cream-de-cre-010", name: "Clotted Cream", left: 4 };
export const SEARCH = "/search?q=milk";
export const NOTHING = "/search?q=zzzzqqq";
export const BASKET = "/basket";
