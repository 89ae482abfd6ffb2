package renkei.edc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;

/** Prints a new private key, as {@code renkei.identity.key} takes it. */
public final class NewKey {

    private NewKey() {
    }

    public static void main(String[] arguments) throws JOSEException {
        System.out.println(new ECKeyGenerator(Curve.P_256).keyID("key-1").generate().toJSONString());
    }
}
