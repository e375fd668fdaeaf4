/**
 * A loopback address for servers that leave their port for a while and come back. Clients connect
 * from ports of 127.0.0.1, and so may take any that is free there, but none of this address.
 */
export const serverHost: string = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
