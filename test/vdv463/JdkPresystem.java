import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A presystem on the JDK's own WebSocket client: boots, answers the first information, sends a list, pings, goes.
 * Prints what it hears. Arguments: URL, user:password, subprotocol, and `stay` or `see-close`.
 */
public class JdkPresystem {
    static final Pattern FRAME = Pattern.compile(
        "^\\[(\\d),\"[^\"]*\",\"[^\"]*\",\"[^\"]*\",\"([^\"]*)\",\"([^\"]*)\",");
    static final CountDownLatch done = new CountDownLatch(1);

    public static void main(String[] args) throws Exception {
        String basic = Base64.getEncoder().encodeToString(args[1].getBytes("UTF-8"));
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
            .header("Authorization", "Basic " + basic)
            .subprotocols(args[2])
            .buildAsync(URI.create(args[0]), new Presystem())
            .get(5, TimeUnit.SECONDS);
        System.out.println("open [" + socket.getSubprotocol() + "]");
        if (args[3].equals("stay")) send(socket, 1, UUID.randomUUID().toString(), "BootNotification", "{\"presystem\":\"BMS\"}");
        boolean ended = done.await(8, TimeUnit.SECONDS);
        System.out.println(ended ? "done" : "late");
        System.exit(ended ? 0 : 1);
    }

    static void send(WebSocket socket, int type, String id, String action, String payload) {
        String frame = "[" + type + ",\"BMS\",\"BMS-1\",\"" + Instant.now() + "\",\"" + id + "\",\"" + action + "\"," + payload + "]";
        socket.sendText(frame, true).join();
    }

    static class Presystem implements WebSocket.Listener {
        final StringBuilder text = new StringBuilder();

        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            socket.request(1);
            if (!last) return null;
            String frame = text.toString();
            text.setLength(0);
            Matcher head = FRAME.matcher(frame);
            if (head.find()) heard(socket, head.group(1), head.group(2), head.group(3));
            return null;
        }

        void heard(WebSocket socket, String type, String id, String action) {
            System.out.println(type + " " + action);
            if (type.equals("1")) {
                CompletableFuture.runAsync(() -> {
                    send(socket, 2, id, action, "{}");
                    send(socket, 1, UUID.randomUUID().toString(), "ProvideChargingRequests",
                        "{\"chargingRequestList\":[{\"vehicleId\":\"V1\",\"chargingRequestId\":\"R1\",\"chargingRequestData\":{\"minTargetSoc\":80,\"maxTargetSoc\":95}}]}");
                });
            }
            if (action.equals("ProvideChargingRequests")) socket.sendPing(ByteBuffer.wrap(new byte[] {4, 6, 3}));
        }

        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            System.out.println("pong");
            done.countDown();
            return null;
        }

        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            System.out.println("close " + code);
            done.countDown();
            return null;
        }

        public void onError(WebSocket socket, Throwable error) {
            System.out.println("error " + error);
            done.countDown();
        }
    }
}
