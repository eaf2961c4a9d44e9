import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The JDK's own WebSocket client, driven line by line; knows nothing of VDV 463. Several connections, each by a number.
 *
 * In: `n !open url user:password sub1,sub2`, `n !ping`, `n !close code`, `n !abort`; any other `n text` is sent as a frame.
 * Out: `ready`, then `n open [sub]`, `n text …`, `n ping`, `n pong`, `n close code reason`, `n error …`. Ends with its input.
 */
public class JdkPresystem {
    static final PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    static final HttpClient client = HttpClient.newHttpClient();

    public static void main(String[] args) throws Exception {
        Map<String, Connection> connections = new HashMap<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split(" ", 2);
            connections.computeIfAbsent(parts[0], Connection::new).command(parts[1]);
        }
        System.exit(0);
    }

    static class Connection implements WebSocket.Listener {
        final String name;
        final StringBuilder text = new StringBuilder();
        final AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<WebSocket> opening = new CompletableFuture<>();
        /** The JDK takes the next frame only when the one before is out. */
        CompletableFuture<WebSocket> sent = opening;

        Connection(String name) {
            this.name = name;
        }

        void command(String command) {
            if (command.startsWith("!open ")) open(command.split(" "));
            else if (command.equals("!ping")) then(socket -> socket.sendPing(ByteBuffer.wrap(new byte[] {4, 6, 3})));
            else if (command.startsWith("!close ")) close(Integer.parseInt(command.substring(7)));
            else if (command.equals("!abort")) opening.thenAccept(this::abort);
            else then(socket -> socket.sendText(command, true));
        }

        void open(String[] words) {
            String basic = Base64.getEncoder().encodeToString(words[2].getBytes(StandardCharsets.UTF_8));
            WebSocket.Builder builder = client.newWebSocketBuilder().header("Authorization", "Basic " + basic);
            if (words.length > 3) {
                String[] offered = words[3].split(",");
                builder.subprotocols(offered[0], java.util.Arrays.copyOfRange(offered, 1, offered.length));
            }
            opening = builder.buildAsync(URI.create(words[1]), this);
            sent = opening;
            opening.exceptionally(error -> {
                failed(error);
                return null;
            });
        }

        void then(java.util.function.Function<WebSocket, CompletableFuture<WebSocket>> send) {
            sent = sent.thenCompose(send);
        }

        void close(int code) {
            then(socket -> socket.sendClose(code, ""));
        }

        void abort(WebSocket socket) {
            socket.abort();
            end("1006");
        }

        void tell(String heard) {
            out.println(name + " " + heard);
        }

        void end(String how) {
            if (ended.compareAndSet(false, true)) tell("close " + how);
        }

        void failed(Throwable error) {
            tell("error " + String.valueOf(error).replace('\n', ' '));
            end("1006");
        }

        public void onOpen(WebSocket socket) {
            tell("open [" + socket.getSubprotocol() + "]");
            socket.request(1);
        }

        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                tell("text " + text);
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
            tell("ping");
            socket.request(1);
            return null;
        }

        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            tell("pong");
            socket.request(1);
            return null;
        }

        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            end(code + " " + reason);
            return null;
        }

        public void onError(WebSocket socket, Throwable error) {
            failed(error);
        }
    }
}
