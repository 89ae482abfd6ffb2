package renkei.edc;

import com.nimbusds.jose.jwk.ECKey;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import java.util.List;
import java.util.Map;

/** The connector's DID document: its key, and where it speaks the Dataspace Protocol. */
@Path("/did.json")
@Produces(MediaType.APPLICATION_JSON)
public class DidDocumentController {

    private final Map<String, Object> document;

    DidDocumentController(String did, ECKey key, String protocol) {
        var keyId = did + "#" + key.getKeyID();
        var method = Map.of("id", keyId, "type", "JsonWebKey2020", "controller", did,
                "publicKeyJwk", key.toPublicJWK().toJSONObject());
        var service = Map.of("id", did + "#dataspace", "type", "DataService",
                "serviceEndpoint", protocol + "/.well-known/dspace-version");
        document = Map.of(
                "@context", List.of("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1",
                        "https://w3id.org/dspace/2025/1/context.jsonld"),
                "id", did,
                "verificationMethod", List.of(method),
                "authentication", List.of(keyId),
                "assertionMethod", List.of(keyId),
                "capabilityInvocation", List.of(keyId),
                "service", List.of(service));
    }

    @GET
    public Map<String, Object> document() {
        return document;
    }
}
