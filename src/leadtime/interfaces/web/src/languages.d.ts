/** All files of lang/ by the code of their language; build.mjs gathers them. */
declare module "leadtime:languages" {
  const texts: Record<string, Record<string, string>>;
  export default texts;
}
