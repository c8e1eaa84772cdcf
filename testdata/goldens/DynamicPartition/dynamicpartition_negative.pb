
1
dataPlaceholder*
dtype0*
shape:
7

partitionsPlaceholder*
dtype0*
shape:
G
opDynamicPartitiondata
partitions*
T0*
num_partitions