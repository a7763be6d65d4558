// X1: what axe finds on a page.

import { AxeBuilder } from "@axe-core/playwright";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * A line for each fault. `without` names rules that do not hold here, `exclude` what nobody can look into.
 * A page without frames is gone through where it stands; else another is opened to add up what its frames say. Only
 * faults are described: nobody reads how all the rest was found to be well.
 */
export const faults = async (page, { without = [], exclude } = {}) => {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(RULES).disableRules(without);
  if (exclude) axe.exclude(exclude);
  axe.setLegacyMode(exclude === "iframe" || page.mainFrame().childFrames().length === 0);
  const { violations } = await axe.analyze();
  return violations.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, 6).map((n) => `    ${n.target} ${n.html.slice(0, 160)}\n    ${n.failureSummary.split("\n").at(-1).trim()}`);
    return `${id}: ${help}\n${places.join("\n")}`;
  });
};
