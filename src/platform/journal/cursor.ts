import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Everything before this place has been applied. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

/**
 * The applied position, kept in one small record that is written in place. It is not fsynced: one that is old costs an
 * application again, which is harmless; one that is torn is noticed by its CRC and read as "from the oldest segment".
 */
export class Cursor {
  readonly #file: FileHandle
  #position: Position

  private constructor(file: FileHandle, position: Position) {
    this.#file = file
    this.#position = position
  }

  static async open(folder: string): Promise<Cursor> {
    const file = await open(join(folder, 'applied'), constants.O_RDWR | constants.O_CREAT, 0o600)
    return new Cursor(file, await readPosition(file))
  }

  get position(): Position {
    return this.#position
  }

  /** In memory: what follows is read from here. */
  moveTo(position: Position): void {
    this.#position = position
  }

  /** On disk, after the entries before it have been applied. */
  async keep(): Promise<void> {
    const record = Buffer.alloc(recordBytes)
    record.writeDoubleLE(this.#position.segment, 4)
    record.writeDoubleLE(this.#position.offset, 12)
    record.writeUInt32LE(crc32(record.subarray(4)), 0)
    await this.#file.write(record, 0, recordBytes, 0)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

const recordBytes = 20

async function readPosition(file: FileHandle): Promise<Position> {
  const record = Buffer.alloc(recordBytes)
  const { bytesRead } = await file.read(record, 0, recordBytes, 0)
  if (bytesRead < recordBytes || record.readUInt32LE(0) !== crc32(record.subarray(4))) return { segment: 0, offset: 0 }
  return { segment: record.readDoubleLE(4), offset: record.readDoubleLE(12) }
}
