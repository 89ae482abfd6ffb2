package renkei.edc;

import org.eclipse.edc.connector.controlplane.contract.spi.negotiation.store.ContractNegotiationStore;
import org.eclipse.edc.connector.controlplane.transfer.spi.store.TransferProcessStore;
import org.eclipse.edc.runtime.metamodel.annotation.Extension;
import org.eclipse.edc.runtime.metamodel.annotation.Inject;
import org.eclipse.edc.spi.system.ServiceExtension;
import org.eclipse.edc.spi.system.ServiceExtensionContext;
import org.eclipse.edc.web.spi.WebService;
import org.eclipse.edc.web.spi.configuration.ApiContext;

/** Lets the connector's operator read why a peer ended a negotiation or a transfer. */
@Extension("renkei: reasons of terminations")
public class TerminationReasonsExtension implements ServiceExtension {

    @Inject
    private WebService web;
    @Inject
    private ContractNegotiationStore negotiations;
    @Inject
    private TransferProcessStore transfers;

    @Override
    public void initialize(ServiceExtensionContext context) {
        web.registerResource(ApiContext.PROTOCOL, new TerminationReasons(negotiations, transfers, context.getMonitor()));
    }
}
