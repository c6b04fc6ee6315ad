#!/bin/bash
# Makes the broker's settings out of its secrets, formats a new folder with the users in it, and becomes the broker.
set -euo pipefail
data=/var/lib/kafka/data
made=/tmp/kafka
mkdir -p "$made"
cat /run/secrets/kafka-key.pem /run/secrets/kafka.pem > "$made/broker.pem"
admin=$(cat /run/secrets/kafka-admin-password)
cat > "$made/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9094
listeners=SASL_SSL://0.0.0.0:9093,CONTROLLER://127.0.0.1:9094
advertised.listeners=SASL_SSL://kafka:9093
# The controller's listener is this container's own.
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$admin";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
allow.everyone.if.no.acl.found=false
ssl.keystore.type=PEM
ssl.keystore.location=$made/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=/etc/market/ca.pem
log.dirs=$data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
# A sole broker has nobody to hand over to, and Kafka 4.4 forgets transactions that end meanwhile (docs/operations.md).
controlled.shutdown.enable=false
message.max.bytes=4194304
log.retention.ms=-1
num.partitions=1
END
cat > "$made/log4j2.properties" <<'END'
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
END
export LOG_DIR=$made
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$made/log4j2.properties"
if [ ! -f "$data/meta.properties" ]; then
  users=(--add-scram "SCRAM-SHA-512=[name=admin,password=$admin]")
  for user in registry trade-ledger fx-settlement tax-exemption; do
    users+=(--add-scram "SCRAM-SHA-512=[name=$user,password=$(cat "/run/secrets/$user-kafka-password")]")
  done
  # What it prints holds the users' salted passwords: not for the container's log.
  /opt/kafka/bin/kafka-storage.sh format --cluster-id="$(/opt/kafka/bin/kafka-storage.sh random-uuid)" \
    --config "$made/server.properties" "${users[@]}" > "$made/format.log"
fi
exec /opt/kafka/bin/kafka-server-start.sh "$made/server.properties"
