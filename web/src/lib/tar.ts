// An OVA is a tar: its members as parts of the file, none of whose bytes are read but the headers (POSIX ustar; DSP0243 5.1).
const BLOCK = 512;
const MEMBERS_MAX = 1000;
const text = new TextDecoder();

export interface Member {
  name: string;
  blob: Blob;
}

function field(header: Uint8Array, at: number, len: number): string {
  const bytes = header.subarray(at, at + len);
  const end = bytes.indexOf(0);
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Octal text, or a number with its first bit set where it would not fit. */
function sizeOf(header: Uint8Array): number {
  if (header[124]! & 0x80) return header.subarray(125, 136).reduce((n, b) => n * 256 + b, 0);
  const octal = field(header, 124, 12).trim();
  return /^[0-7]+$/.test(octal) ? parseInt(octal, 8) : NaN;
}

export async function membersOf(file: Blob): Promise<Member[]> {
  const found: Member[] = [];
  for (let at = 0; at + BLOCK <= file.size;) {
    const header = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    if (header.every((b) => b === 0)) break;
    const size = sizeOf(header);
    if (field(header, 257, 5) !== 'ustar' || !Number.isSafeInteger(size) || at + BLOCK + size > file.size || found.length === MEMBERS_MAX)
      throw new Error('This file is no OVA: it can\'t be read as a tar.');
    const kind = header[156];
    if (kind === 0 || kind === 0x30) found.push({ name: field(header, 0, 100), blob: file.slice(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return found;
}
