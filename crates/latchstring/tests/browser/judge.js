// What is wrong with the page as it stands, beyond what axe-core looks for. Runs as a function's body.
const [keys, isProduct] = arguments;
const faults = [];
const name = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 90);
const seen = (element) => element.checkVisibility({ visibilityProperty: true });
const all = (css) => [...document.querySelectorAll(css)].filter(seen);

const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width) faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
const scrolls = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const clipped = getComputedStyle(at);
    if (clipped.overflowX !== "visible" || clipped.clipPath !== "none" || clipped.position === "absolute") return true;
  }
  return false;
};
for (const element of all("body *")) {
  if (element.getBoundingClientRect().right > width + 1 && !scrolls(element)) faults.push(`sticks out: ${name(element)}`);
}

// A link in the middle of a sentence is as high as its line.
const inSentence = (element) => getComputedStyle(element).display === "inline"
  && element.parentElement.textContent.trim().length > element.textContent.trim().length;
for (const element of all("a[href], button, summary, input:not([type=hidden]), select, textarea")) {
  const target = element.matches("[type=radio], [type=checkbox]") ? element.closest("label") ?? element : element;
  const { width: wide, height: high } = target.getBoundingClientRect();
  const isHidden = element.classList.contains("skip") || inSentence(element);
  if (!isHidden && (wide < 24 || high < 24)) faults.push(`${wide.toFixed(0)}×${high.toFixed(0)}: ${name(element)}`);
}

const headings = all("h1");
if (headings.length !== 1) faults.push(`${headings.length} h1`);
if (!document.title.trim()) faults.push("no title");
if (document.documentElement.lang !== "en") faults.push(`lang is ${document.documentElement.lang}`);
const words = new Set(document.body.innerText.split(/[\s,.:;()“”"]+/));
for (const key of keys) if (words.has(key)) faults.push(`a key of a message: ${key}`);
if (/\{\s*\$|\{\{/.test(document.body.innerText)) faults.push("a place in a message that was not filled");

for (const chip of all(".chip")) {
  if (!chip.querySelector("svg") || !chip.textContent.trim()) faults.push(`a state without a word or an icon: ${name(chip)}`);
}
for (const picture of all("svg.tl")) {
  const bars = picture.querySelectorAll(".bars").length;
  const rows = document.querySelectorAll("#periods > tr").length;
  if (bars !== rows) faults.push(`${bars} bars and ${rows} rows`);
  if ([...picture.querySelectorAll(".bars")].some((bar) => !bar.querySelector("line"))) faults.push("a row without a bar");
}
const first = document.querySelector("a[href], button, input, select, textarea, summary, [tabindex]");
if (isProduct && !first?.closest("#latchstring-band")) faults.push(`before the band comes ${first && name(first)}`);
if (!isProduct && !first?.matches(".skip")) faults.push(`before the skip link comes ${first && name(first)}`);
for (const { name: address } of performance.getEntriesByType("resource")) {
  if (new URL(address).origin !== location.origin) faults.push(`asks another server: ${address}`);
}
if (document.querySelector("[style], style, script:not([src])")) faults.push("style or script in the page itself");
return faults;
