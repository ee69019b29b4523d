// Bundles the site's third-party JavaScript, KaTeX's styles and fonts, and the program that sets formulas.
//
//   node bundle.mjs OUT
//
// OUT/site is what dist/site/vendor will be; OUT/formulas.mjs is for the build alone.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const FONTS_LICENCE = "katex-fonts.txt";
const BROWSERS = ["chrome111", "edge111", "firefox114", "safari16.4"];
const NOTICE = "/*! third-party code: licenses.txt beside this file says whose */";

/** KaTeX's styles name every font in three formats; all browsers that can run the site read the first. */
const woff2Only = {
  name: "woff2-only",
  /** @param {import("esbuild").PluginBuild} plugin */
  setup({ onLoad }) {
    onLoad({ filter: /katex\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const contents = css.replace(/,\s*url\([^)]*\) format\("(?:woff|truetype)"\)/g, "");
      return { contents, loader: "css" };
    });
  },
};

/** @param {string} out */
function bundleSite(out) {
  return build({
    absWorkingDir: HERE,
    entryPoints: { plot: "plot.js", codemirror: "codemirror.js", katex: "katex/dist/katex.css" },
    outdir: join(out, "site"),
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    loader: { ".woff2": "copy" },
    assetNames: "fonts/[name]",
    legalComments: "none",
    banner: { js: NOTICE, css: NOTICE },
    plugins: [woff2Only],
    metafile: true,
  });
}

/** @param {string} out */
function bundleFormulas(out) {
  return build({
    absWorkingDir: HERE,
    entryPoints: ["formulas.mjs"],
    outfile: join(out, "formulas.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
}

/**
 * The folders of the packages of which something is in the bundles, in the order of their names.
 *
 * @param {import("esbuild").Metafile} metafile
 */
function packages(metafile) {
  const files = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = files.map((file) => file.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/**
 * Name, version and licence of a package.
 *
 * @param {string} folder
 */
async function licence(folder) {
  const { name, version } = JSON.parse(await readFile(join(HERE, folder, "package.json"), "utf8"));
  const file = (await readdir(join(HERE, folder))).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} ${version}: it has no licence file, so it cannot be shipped`);
  return `${name} ${version}\n\n${(await readFile(join(HERE, folder, file), "utf8")).trim()}\n`;
}

const out = process.argv[2];
if (!out) throw new Error(`usage: node ${basename(process.argv[1])} OUT`);
const [{ metafile }] = await Promise.all([bundleSite(out), bundleFormulas(out)]);
const texts = await Promise.all(packages(metafile).map(licence));
texts.push(await readFile(join(HERE, FONTS_LICENCE), "utf8"));
await writeFile(join(out, "site", "licenses.txt"), texts.join(`\n${"=".repeat(80)}\n\n`));
