package renkei.edc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import org.eclipse.edc.spi.entity.StatefulEntity;
import org.eclipse.edc.spi.monitor.Monitor;
import org.eclipse.edc.spi.persistence.StateEntityStore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Keeps why a peer ended a negotiation or a transfer as its {@code errorDetail}: EDC takes the peer's message and drops
 * its code and reasons. They are kept only after EDC has answered that it took the message, so that no stranger writes
 * here.
 */
public class TerminationReasons implements ContainerRequestFilter, ContainerResponseFilter {

    private static final Pattern TERMINATION = Pattern.compile("(?:.*/)?(negotiations|transfers)/([^/]+)/termination");
    private static final String SAID = "renkei.termination";
    private static final int TRIES = 40;
    private static final long PAUSE_MILLIS = 50;

    private final StateEntityStore<? extends StatefulEntity<?>> negotiations;
    private final StateEntityStore<? extends StatefulEntity<?>> transfers;
    private final Monitor monitor;
    private final ObjectMapper json = new ObjectMapper();

    TerminationReasons(StateEntityStore<? extends StatefulEntity<?>> negotiations,
                       StateEntityStore<? extends StatefulEntity<?>> transfers, Monitor monitor) {
        this.negotiations = negotiations;
        this.transfers = transfers;
        this.monitor = monitor;
    }

    @Override
    public void filter(ContainerRequestContext request) throws IOException {
        if (TERMINATION.matcher(request.getUriInfo().getPath()).matches()) {
            var body = request.getEntityStream().readAllBytes();
            request.setEntityStream(new ByteArrayInputStream(body));
            request.setProperty(SAID, body);
        }
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) throws IOException {
        var found = TERMINATION.matcher(request.getUriInfo().getPath());
        if (response.getStatus() == 200 && request.getProperty(SAID) instanceof byte[] body && found.matches()) {
            var said = words(json.readTree(body));
            if (said.isEmpty()) {
                return;
            }
            if (found.group(1).equals("negotiations")) {
                keep(negotiations, found.group(2), said);
            } else {
                keep(transfers, found.group(2), said);
            }
        }
    }

    private <T extends StatefulEntity<?>> void keep(StateEntityStore<T> store, String id, String said) {
        for (var attempt = 0; attempt < TRIES; attempt++) {
            var leased = store.findByIdAndLease(id);
            if (leased.succeeded()) {
                leased.getContent().setErrorDetail(said);
                store.save(leased.getContent());
                return;
            }
            try {
                Thread.sleep(PAUSE_MILLIS); // the state machine has it for a moment
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        monitor.warning("The reason for the end of %s could not be kept: %s".formatted(id, said));
    }

    private static String words(JsonNode message) {
        List<String> said = new ArrayList<>();
        if (message.path("code").isTextual()) {
            said.add(message.path("code").asText());
        }
        message.path("reason").forEach(reason -> {
            var text = reason.path("@value").isMissingNode() ? reason : reason.path("@value");
            said.add(text.isTextual() ? text.asText() : text.toString());
        });
        return String.join("\n", said);
    }
}
