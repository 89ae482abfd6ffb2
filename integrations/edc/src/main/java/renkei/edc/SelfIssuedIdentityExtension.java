package renkei.edc;

import com.nimbusds.jose.jwk.ECKey;
import org.eclipse.edc.iam.did.spi.resolution.DidPublicKeyResolver;
import org.eclipse.edc.jwt.validation.jti.JtiValidationStore;
import org.eclipse.edc.protocol.dsp.http.spi.api.DspBaseWebhookAddress;
import org.eclipse.edc.protocol.spi.DefaultParticipantIdExtractionFunction;
import org.eclipse.edc.runtime.metamodel.annotation.Extension;
import org.eclipse.edc.runtime.metamodel.annotation.Inject;
import org.eclipse.edc.runtime.metamodel.annotation.Provider;
import org.eclipse.edc.runtime.metamodel.annotation.Setting;
import org.eclipse.edc.spi.EdcException;
import org.eclipse.edc.spi.iam.AudienceResolver;
import org.eclipse.edc.spi.iam.IdentityService;
import org.eclipse.edc.spi.result.Result;
import org.eclipse.edc.spi.security.Vault;
import org.eclipse.edc.spi.system.ServiceExtension;
import org.eclipse.edc.spi.system.ServiceExtensionContext;
import org.eclipse.edc.token.spi.TokenValidationService;
import org.eclipse.edc.web.spi.WebService;
import org.eclipse.edc.web.spi.configuration.ApiContext;

import java.text.ParseException;
import java.time.Clock;

/**
 * Lets a connector and renkei nodes know each other by their did:web: the connector's DID is its participant id, one
 * P-256 key signs its tokens, and its DID document lies beside the protocol's endpoints.
 */
@Extension("renkei: self-issued did:web identity")
public class SelfIssuedIdentityExtension implements ServiceExtension {

    @Setting(description = "DID of the participant, did:web", key = "edc.participant.id")
    private String did;

    @Setting(description = "Alias of the private P-256 key (JWK with a kid) in the vault or, failing that, name of the setting that holds it",
            key = "renkei.identity.key.alias", defaultValue = "renkei.identity.key")
    private String keyAlias;

    @Inject
    private Vault vault;
    @Inject
    private DidPublicKeyResolver peerKeys;
    @Inject
    private TokenValidationService tokens;
    @Inject
    private JtiValidationStore seen;
    @Inject
    private Clock clock;
    @Inject
    private WebService web;
    @Inject
    private DspBaseWebhookAddress protocol;

    private ECKey key;

    @Override
    public void initialize(ServiceExtensionContext context) {
        web.registerResource(ApiContext.PROTOCOL, new DidDocumentController(did, key(context), protocol.get()));
    }

    @Provider
    public IdentityService identity(ServiceExtensionContext context) {
        return new SelfIssuedIdentity(did, key(context), peerKeys, tokens, seen, clock);
    }

    @Provider
    public AudienceResolver audience() {
        return message -> Result.success(message.getCounterPartyId());
    }

    @Provider
    public DefaultParticipantIdExtractionFunction participantId() {
        return claims -> claims.getStringClaim("iss");
    }

    private ECKey key(ServiceExtensionContext context) {
        if (key == null) {
            var kept = vault.resolveSecret(keyAlias);
            try {
                key = ECKey.parse(kept != null ? kept : context.getConfig().getString(keyAlias));
            } catch (ParseException why) {
                throw new EdcException("%s is no private P-256 key as a JWK".formatted(keyAlias), why);
            }
        }
        return key;
    }
}
