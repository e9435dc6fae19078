/* Vector tiles (MVT 2.1) read a few features at a turn: between two of them the page answers its reader. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SLICE_MS = 8;
  const MOVE = 1, LINE = 2, CLOSE = 7; // commands of a geometry
  const words = new TextDecoder();

  class Reader {
    constructor(bytes, at) {
      Object.assign(this, { bytes, at, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
    }

    number() {
      let byte = this.bytes[this.at++];
      let value = byte & 127;
      for (let times = 128; byte > 127; times *= 128) {
        byte = this.bytes[this.at++];
        value += (byte & 127) * times;
      }
      return value;
    }

    /* Signs are folded into the last bit: 0, -1, 1, -2 … */
    signed() {
      const folded = this.number();
      return folded % 2 ? -(folded + 1) / 2 : folded / 2;
    }

    /* A message within: where it begins and ends; the reader stands behind it. */
    within() {
      const size = this.number();
      const from = this.at;
      this.at += size;
      return [from, this.at];
    }

    text([from, end]) {
      return words.decode(this.bytes.subarray(from, end));
    }

    skip(wire) {
      if (wire === 0) this.number();
      else if (wire === 1) this.at += 8;
      else if (wire === 2) this.within();
      else this.at += 4;
    }
  }

  function valueOf(reader, [from, end]) {
    reader.at = from;
    let value = null;
    while (reader.at < end) {
      const tag = reader.number();
      const kind = tag >> 3;
      if (kind === 1) value = reader.text(reader.within());
      else if (kind === 2) value = reader.view.getFloat32((reader.at += 4) - 4, true);
      else if (kind === 3) value = reader.view.getFloat64((reader.at += 8) - 8, true);
      else if (kind === 4 || kind === 5) value = reader.number();
      else if (kind === 6) value = reader.signed();
      else if (kind === 7) value = Boolean(reader.number());
      else reader.skip(tag & 7);
      if (kind === 4 && value >= 2 ** 63) value -= 2 ** 64;
    }
    return value;
  }

  /* A layer's own words; where its values and features begin is noted, so that they are read when they are wanted. */
  function layerOf(reader, [from, end]) {
    const layer = { reader, name: "", extent: 4096, keys: [], values: [], known: [], places: [] };
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.number();
      const kind = tag >> 3;
      if (kind === 1) layer.name = reader.text(reader.within());
      else if (kind === 2) layer.places.push(reader.within());
      else if (kind === 3) layer.keys.push(reader.text(reader.within()));
      else if (kind === 4) layer.values.push(reader.within());
      else if (kind === 5) layer.extent = reader.number();
      else reader.skip(tag & 7);
    }
    return layer;
  }

  function propertiesOf(layer, [from, end]) {
    const { reader, keys, values, known } = layer;
    const props = {};
    reader.at = from;
    while (reader.at < end) {
      const key = keys[reader.number()];
      const index = reader.number();
      if (!(index in known)) {
        const { at } = reader;
        known[index] = valueOf(reader, values[index]);
        reader.at = at;
      }
      props[key] = known[index];
    }
    return props;
  }

  /* Lines of places in px of the tile, rings closed; and the box around them. */
  function shapeOf(reader, [from, end], scale) {
    const geom = [];
    const bbox = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
    let [x, y, line, command, left] = [0, 0, null, 0, 0];
    reader.at = from;
    while (reader.at < end) {
      if (left <= 0) {
        const told = reader.number();
        [command, left] = [told & 7, told >> 3];
      }
      left -= 1;
      if (command === MOVE || command === LINE) {
        x += reader.signed() * scale;
        y += reader.signed() * scale;
        if (command === MOVE) geom.push((line = []));
        line.push({ x, y });
        if (x < bbox.minX) bbox.minX = x;
        if (x > bbox.maxX) bbox.maxX = x;
        if (y < bbox.minY) bbox.minY = y;
        if (y > bbox.maxY) bbox.maxY = y;
      } else if (command === CLOSE) line.push({ ...line[0] });
      else throw new Error(`切片中有不认识的图形命令 ${command}`);
    }
    return { geom, bbox };
  }

  function featureOf(layer, [from, end], side) {
    const { reader } = layer;
    let [id, geomType, tags, shape] = [undefined, 0, [0, 0], [0, 0]];
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.number();
      const kind = tag >> 3;
      if (kind === 1) id = reader.number();
      else if (kind === 2) tags = reader.within();
      else if (kind === 3) geomType = reader.number();
      else if (kind === 4) shape = reader.within();
      else reader.skip(tag & 7);
    }
    return { id, geomType, props: propertiesOf(layer, tags), ...shapeOf(reader, shape, side / layer.extent) };
  }

  function layersOf(bytes) {
    const reader = new Reader(bytes, 0);
    const found = [];
    while (reader.at < bytes.length) {
      const tag = reader.number();
      if (tag >> 3 === 3) found.push(reader.within());
      else reader.skip(tag & 7);
    }
    return found.map((place) => layerOf(reader, place));
  }

  /* The features of each layer of a tile of so many px, with `geom` and `bbox` in them and `props`. */
  GIS.readTile = async function (data, side) {
    const tile = new Map();
    let begun = performance.now();
    for (const layer of layersOf(new Uint8Array(data))) {
      const features = [];
      for (const place of layer.places) {
        features.push(featureOf(layer, place, side));
        if (performance.now() - begun > SLICE_MS) {
          await GIS.ownTurn();
          begun = performance.now();
        }
      }
      tile.set(layer.name, features);
    }
    return tile;
  };
})();
