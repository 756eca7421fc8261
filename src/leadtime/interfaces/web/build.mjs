// Builds src/ into static/: `npm ci && npm run build`. With a folder as argument it builds there instead.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "static");
await mkdir(out, { recursive: true });
// A language is a file in src/lang; another one needs no code.
const languages = {
  name: "languages",
  setup(bundle) {
    bundle.onResolve({ filter: /^leadtime:languages$/ }, () => ({ path: "languages", namespace: "languages" }));
    bundle.onLoad({ filter: /.*/, namespace: "languages" }, async () => {
      const folder = join(here, "src", "lang");
      const names = (await readdir(folder)).filter((entry) => entry.endsWith(".json")).sort().map((entry) => entry.slice(0, -5));
      const imports = names.map((name) => `import ${name} from "./${name}.json";`).join("\n");
      return { contents: `${imports}\nexport default { ${names.join(", ")} };`, resolveDir: folder, loader: "js" };
    });
  },
};
const result = await build({
  plugins: [languages],
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style.css" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
});
for (const name of ["index.html", "icon.svg"]) await copyFile(join(here, "src", name), join(out, name));

// Licences of everything that went into the bundle.
const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
  if (found) packages.add(found[1]);
}
const texts = [];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const licence = file ? (await readFile(join(folder, file), "utf8")).trim() : about.license;
  texts.push(`${name} ${about.version}\n\n${licence}\n`);
}
await writeFile(join(out, "licences.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
