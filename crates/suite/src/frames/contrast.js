// Finds texts that are hard to read, in a page and in its drawings; the probes call it.

/** The texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), each with its ratio. */
function faint(page) {
  const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  // In a drawing: the last of what is filled there before the text is.
  const filled = (text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const middle = new page.DOMPoint((left + right) / 2, (top + bottom) / 2);
    const is = (path) =>
      page.getComputedStyle(path).fill !== "none" &&
      path.compareDocumentPosition(text) & page.Node.DOCUMENT_POSITION_FOLLOWING &&
      path.isPointInFill(middle.matrixTransform(path.getScreenCTM().inverse()));
    return [...text.ownerSVGElement.querySelectorAll("path")].findLast(is);
  };
  const behind = (element) => {
    const path = element.ownerSVGElement ? filled(element) : undefined;
    if (path) return page.getComputedStyle(path).fill;
    const colour = page.getComputedStyle(element).backgroundColor;
    const clear = numbers(colour)[3] === 0;
    return clear && element.parentElement ? behind(element.parentElement) : colour;
  };
  const found = [];
  for (const element of page.document.querySelectorAll("body *")) {
    const words = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (words.length === 0 || element.getClientRects().length === 0 || element.closest(".unseen")) continue;
    const style = page.getComputedStyle(element);
    const [ink, paper] = [light(element.ownerSVGElement ? style.fill : style.color), light(behind(element))];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (!(ratio >= 4.5)) found.push(`${words[0].data.trim()}: ${ratio.toFixed(1)}`);
  }
  return found;
}
