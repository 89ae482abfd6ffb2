package renkei.edc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import org.eclipse.edc.jwt.validation.jti.JtiValidationEntry;
import org.eclipse.edc.jwt.validation.jti.JtiValidationStore;
import org.eclipse.edc.keys.spi.PublicKeyResolver;
import org.eclipse.edc.spi.iam.ClaimToken;
import org.eclipse.edc.spi.iam.IdentityService;
import org.eclipse.edc.spi.iam.TokenParameters;
import org.eclipse.edc.spi.iam.TokenRepresentation;
import org.eclipse.edc.spi.iam.VerificationContext;
import org.eclipse.edc.spi.result.Result;
import org.eclipse.edc.token.rules.AudienceValidationRule;
import org.eclipse.edc.token.rules.ExpirationIssuedAtValidationRule;
import org.eclipse.edc.token.spi.TokenValidationRule;
import org.eclipse.edc.token.spi.TokenValidationService;

import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;

/**
 * Self-issued ID tokens (Decentralized Claims Protocol 1.0.1, section 4.3) and nothing on top of them: who calls is the
 * DID whose document names the key that signed the token. A token is bound to its audience, a minute and one use.
 */
class SelfIssuedIdentity implements IdentityService {

    private static final String BEARER = "Bearer ";
    private static final Duration LIFETIME = Duration.ofSeconds(60);
    private static final int LEEWAY = 60;
    private static final Duration TIDIED_EVERY = Duration.ofMinutes(1);

    private final String did;
    private final ECKey key;
    private final PublicKeyResolver peerKeys;
    private final TokenValidationService tokens;
    private final JtiValidationStore seen;
    private final Clock clock;
    private volatile Instant tidyAt = Instant.MIN;

    SelfIssuedIdentity(String did, ECKey key, PublicKeyResolver peerKeys, TokenValidationService tokens,
                       JtiValidationStore seen, Clock clock) {
        this.did = did;
        this.key = key;
        this.peerKeys = peerKeys;
        this.tokens = tokens;
        this.seen = seen;
        this.clock = clock;
    }

    @Override
    public Result<TokenRepresentation> obtainClientCredentials(String participantContextId, TokenParameters parameters) {
        var now = clock.instant();
        var claims = new JWTClaimsSet.Builder()
                .issuer(did)
                .subject(did)
                .audience(parameters.getStringClaim("aud"))
                .jwtID(UUID.randomUUID().toString())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(LIFETIME)))
                .build();
        var header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(did + "#" + key.getKeyID()).build();
        var token = new SignedJWT(header, claims);
        try {
            token.sign(new ECDSASigner(key));
        } catch (JOSEException why) {
            return Result.failure("the token could not be signed: " + why.getMessage());
        }
        return Result.success(TokenRepresentation.Builder.newInstance().token(BEARER + token.serialize()).build());
    }

    @Override
    public Result<ClaimToken> verifyJwtToken(String participantContextId, TokenRepresentation shown, VerificationContext context) {
        var token = shown.getToken();
        if (token == null || !token.startsWith(BEARER)) {
            return Result.failure("no bearer token");
        }
        var bare = token.substring(BEARER.length()).trim();
        String signer;
        try {
            signer = SignedJWT.parse(bare).getHeader().getKeyID();
        } catch (ParseException why) {
            return Result.failure("no signed token: " + why.getMessage());
        }
        return signer == null ? Result.failure("the token names no key") : tokens.validate(bare, peerKeys, rules(signer));
    }

    private List<TokenValidationRule> rules(String signer) {
        return List.of(
                new AudienceValidationRule(did),
                new ExpirationIssuedAtValidationRule(clock, LEEWAY, false),
                (token, more) -> signer.startsWith(token.getStringClaim("iss") + "#")
                        ? Result.success() : Result.failure("the key is not the issuer's"),
                (token, more) -> token.getStringClaim("iss").equals(token.getStringClaim("sub"))
                        ? Result.success() : Result.failure("iss and sub differ"),
                (token, more) -> useUp(token));
    }

    private Result<Void> useUp(ClaimToken token) {
        var id = token.getStringClaim("jti");
        if (id == null) {
            return Result.failure("the token has no jti");
        }
        tidy();
        var until = token.getInstantClaim("exp").plusSeconds(LEEWAY).toEpochMilli();
        var kept = seen.storeEntry(new JtiValidationEntry(token.getStringClaim("iss") + " " + id, until));
        return kept.succeeded() ? Result.success() : Result.failure("the token was used before");
    }

    /** EDC itself forgets used tokens only where its own DCP modules run. */
    private void tidy() {
        if (clock.instant().isAfter(tidyAt)) {
            tidyAt = clock.instant().plus(TIDIED_EVERY);
            seen.deleteExpired();
        }
    }
}
