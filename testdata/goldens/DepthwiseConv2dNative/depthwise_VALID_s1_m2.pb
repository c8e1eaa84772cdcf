
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"Ø\S€>ôrg¿Ô±˜>Ä†¿êæÇ¾cù”½l?&0?ãPu>‰T­¾Ù¦Ç¾Ä–¾:1C¿õ&x>b¤<>‘Ø.? ô¾ÉU¿»‹˜=%ª?ª¸A½Œ·'¾¢ô,½6ª¾í­>–®#>¬7Ö=ÕþÆ¾x¡Ò½Z=Ü½l·-?ûGË¾.'>˜§?IÕ>ó²÷>/¶>:Zæ=Qb¾v? –?ÅZg>[l”½I4í¾ÑA>Yú·¾Ý3¢<½¸?¹ÁÀ>ãx>¥‰>=áà¾Ñ}»¥q2¼
\
opDepthwiseConv2dNativeinputfilter*
T0*
paddingVALID*
strides
