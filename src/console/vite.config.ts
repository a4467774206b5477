import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `vite build src/console` → dist/console, which the web server serves as it is. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: process.env.SUIFANG_URL ?? 'http://127.0.0.1:8080', ws: true } },
  },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
    rolldownOptions: {
      output: {
        // The libraries change seldom: a release of ours leaves them in the browser's cache. What the first page needs of
        // them and of us is a file each, since a browser works longer at sixteen small ones than at one of their length;
        // what else a page needs of antd comes with the first page that asks for it.
        codeSplitting: {
          groups: [
            { name: 'libraries', test: /[\\/]node_modules[\\/]/, tags: ['$initial'] },
            { name: 'console', tags: ['$initial'] },
            { name: 'antd', test: /[\\/]node_modules[\\/](antd|@ant-design|@rc-component|rc-)/ },
          ],
        },
      },
    },
  },
})
