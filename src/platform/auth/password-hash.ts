import { hash, verify } from '@node-rs/argon2'

/** argon2id with 19 MiB, two passes (OWASP's first choice for interactive sign-in); some 30 ms. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters)
}

export async function passwordMatches(password: string, passwordHash: string): Promise<boolean> {
  return verify(passwordHash, password)
}

let decoy: Promise<string> | undefined

/** Takes as long as a real check, so that the answer's time does not tell whether a name exists. */
export async function pretendToCheck(password: string): Promise<void> {
  decoy ??= hashPassword('nobody has this password')
  await passwordMatches(password, await decoy)
}
