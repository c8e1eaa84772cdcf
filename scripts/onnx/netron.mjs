// Reads models with netron's own loader: node netron.mjs NETRON-DIRECTORY MODEL.onnx...
// The directory is a copy of netron's package whose package.json says that it holds modules.
import * as fs from 'node:fs';
import * as path from 'node:path';
const dir = process.argv[2];
globalThis.window ??= globalThis;
const { ModelFactoryService } = await import(path.join(dir, 'view.js'));
const base = await import(path.join(dir, 'base.js'));
const host = {
    version: '0', document: null, environment: () => null, event: () => {}, exception: (e) => { throw e; },
    require: async (id) => import(path.join(dir, `${id}.js`)),
    request: async (file) => fs.readFileSync(path.join(dir, file), 'utf-8'),
    asset: async (file) => fs.readFileSync(path.join(dir, file), 'utf-8'),
};
for (const file of process.argv.slice(3)) {
    const service = new ModelFactoryService(host);
    const context = { identifier: path.basename(file), name: path.basename(file), stream: new base.BinaryStream(new Uint8Array(fs.readFileSync(file))),
        entries: new Map(), request: host.request, require: host.require, error: (e) => { throw e; } };
    const model = await service.open(context);
    const g = model.graphs ? model.graphs[0] : model.modules[0];
    console.log(path.basename(file), model.format, g.nodes.length, g.inputs.map((i) => i.name).join(), g.outputs.map((i) => i.name).join());
}
