// Where in the memory a picture is read.

import assert from 'node:assert/strict';
import { takePicture } from '../kernel/picture.js';
import { machine } from './harness.mjs';

export function placesRead(bytes) {
    const { getUint32 } = DataView.prototype;
    const places = new Set();
    DataView.prototype.getUint32 = function (place, little) {
        places.add(place);
        return getUint32.call(this, place, little);
    };
    try {
        assert.ok(takePicture(bytes, machine.kernel));
    } finally {
        DataView.prototype.getUint32 = getUint32;
    }
    return [...places];
}
