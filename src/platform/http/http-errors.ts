import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  NOT_FOUND: {
    kind: 'user',
    status: 404,
    en: 'There is nothing at this address. Check it, or go back to the first page.',
    zh: '没有找到请求的内容。请检查地址，或返回首页。',
  },
  INPUT_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The request is not as it must be: {where} {fault}. Correct it and send it again.',
    zh: '请求内容不符合要求：{where} {fault}。请更正后重试。',
  },
  TOO_MANY_REQUESTS: {
    kind: 'user',
    status: 429,
    en: 'Too many requests from this computer. Wait {seconds} seconds and try again.',
    zh: '请求过于频繁。请等待 {seconds} 秒后重试。',
  },
  UPLOAD_TOO_BIG: {
    kind: 'user',
    status: 413,
    en: 'The file is larger than {megabytes} MB. Split it, and upload the parts one after another.',
    zh: '文件超过 {megabytes} MB。请拆分后分批上传。',
  },
  UPLOAD_MISSING: {
    kind: 'user',
    status: 400,
    en: 'No file came with the request. Choose a file and upload it again.',
    zh: '请求中没有文件。请选择文件后重新上传。',
  },
  UNEXPECTED: {
    kind: 'unexpected',
    status: 500,
    en: 'Something went wrong on our side. Try again; if it happens once more, report the request number {requestId}.',
    zh: '系统内部出现错误。请重试，若再次出现，请提供请求编号 {requestId} 以便排查。',
  },
  CONSOLE_PORT_TAKEN: {
    kind: 'user',
    status: 500,
    en: 'Another program has port {port} of {host}. End it, or give the console another port in PORT.',
    zh: '{host} 的端口 {port} 已被其他程序占用。请停止该程序，或用 PORT 为控制台指定其他端口。',
  },
  CONSOLE_PORT_RESERVED: {
    kind: 'user',
    status: 500,
    en: 'This user may not open port {port}: those below 1024 are the system’s. Take 8443 or another from 1024 on in PORT.',
    zh: '当前用户无权使用端口 {port}：1024 以下的端口由系统保留。请在 PORT 中改用 8443 等 1024 以上的端口。',
  },
  CONSOLE_ADDRESS_NOT_HERE: {
    kind: 'user',
    status: 500,
    en: 'This machine has no address {host}. Give one of its own in SUIFANG_BIND.',
    zh: '本机没有地址 {host}。请在 SUIFANG_BIND 中填写本机的地址。',
  },
  TUNNEL_BROKEN: {
    kind: 'operational',
    status: 502,
    en: 'The way from the console to {address} is broken: {reason}. Browser phones cannot sign in until it works; check that the server behind it runs.',
    zh: '控制台到 {address} 的通道不可用：{reason}。恢复前浏览器话机无法登录，请检查对端服务是否运行。',
  },
  TLS_FILE_UNREADABLE: {
    kind: 'user',
    status: 500,
    en: 'The file {file} of TLS_CERT_FILE or TLS_KEY_FILE cannot be read. Check its path and who may read it, then start again.',
    zh: 'TLS_CERT_FILE 或 TLS_KEY_FILE 指定的文件 {file} 无法读取。请检查路径和权限后重新启动。',
  },
  TLS_FILES_UNUSABLE: {
    kind: 'user',
    status: 500,
    en: '{certFile} and {keyFile} are not a certificate and its private key in PEM. Put the right files there, then start again.',
    zh: '{certFile} 与 {keyFile} 不是匹配的 PEM 证书和私钥。请更换正确的文件后重新启动。',
  },
})
