/** Can the text be read? Measured in the browser, by WCAG 2.2 §1.4.3, over every text that is on the page. */

/** Runs in the page: texts whose contrast is under 4.5 to 1, or under 3 to 1 where they are large. */
export const LOW_CONTRAST = `(() => {
  const channels = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each !== null; each = each.parentElement) {
      const { rgb, alpha } = channels(getComputedStyle(each).backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha !== 0) throw new Error('half transparent: ' + each.outerHTML.slice(0, 80));
    }
    return [255, 255, 255];
  };
  const found = [];
  let measured = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.nodeValue.trim() === '' || element.closest('script, style, option, title, desc, .unseen') !== null) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const colour = channels(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [light, dark] = [luminance(colour.rgb), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    measured += 1;
    if (ratio < (isLarge ? 3 : 4.5)) found.push(element.className + ' "' + node.nodeValue.trim() + '" ' + ratio.toFixed(2));
  }
  return { measured, found: [...new Set(found)] };
})()`;
