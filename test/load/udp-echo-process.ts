/** Sends every datagram back to where it came from, until the process that started it is gone or lets go of it. */
import { createSocket } from 'node:dgram'

const socket = createSocket('udp4')
socket.on('message', (packet, { port, address }) => socket.send(packet, port, address))
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port))
process.on('disconnect', () => socket.close())
